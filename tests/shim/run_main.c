/* i2v: a program around a module: calls its run(ARGUMENT)
 * SPDX-License-Identifier: LGPL-2.1-or-later */
int run(const char *argument);

int main(int argc, char **argv)
{
    return argc == 2 ? run(argv[1]) : 2;
}
