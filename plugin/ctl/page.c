#include "ctl/ctl.h"
int ctl_page(Arguments *arguments, Outcome *out)
{
    (void)arguments;
    return ctl_refuse(out, "todo");
}
