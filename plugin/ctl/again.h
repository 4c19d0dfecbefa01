/* i2v: the command: command lines to paste into a shell (inside ctl)
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef I2V_CTL_AGAIN_H
#define I2V_CTL_AGAIN_H

#include <libavutil/bprint.h>

#include "store/store.h"

/** Add a word as a shell reads it, a space before it. Nothing in it could steer a
 * terminal. */
void again_word(AVBPrint *to, const char *word);

/**
 * Add the command that asks for a request again, without what is secret.
 * @param take  another number is another; its own is served by the store
 * @param buys  else the command never does, whatever has changed since
 * @return whether it can be run as it is: STILL, END_IMAGE and PARAMS stand in it for
 * what the ledger cannot name or may not say. Nothing is added where the ledger does not
 * know what was asked, and false returned
 */
bool again_fetch(AVBPrint *to, const Store *store, const Record *record, int take,
                 bool buys);

/** Add --store, where it is not the usual one. */
void again_store(AVBPrint *to, const Store *store);

#endif
