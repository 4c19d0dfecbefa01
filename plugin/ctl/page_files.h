/* i2v: the command: the files of the page, as embed.cmake puts them into it (inside ctl)
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef I2V_PAGE_FILES_H
#define I2V_PAGE_FILES_H

extern const char page_html[], page_css[], page_js[];

#endif
