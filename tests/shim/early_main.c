/* i2v: a program that depends on the early library; its own libavformat comes with that
 * SPDX-License-Identifier: LGPL-2.1-or-later */
void early_report(void);

int main(void)
{
    early_report();
    return 0;
}
