/* watchdog-support SYS MAJOR MINOR OPTIONS: what mainstay-watchdog makes of a device that answers so: "used" or why not. */
#include "watchdog-support.h"

#include <stdlib.h>

int main(int count, char **arguments) {
    if (count != 5) return 2;
    bool unstoppable = never_stops(arguments[1], (unsigned)atoi(arguments[2]), (unsigned)atoi(arguments[3]));
    const char *why = refusal(true, (unsigned)strtoul(arguments[4], NULL, 0), unstoppable);
    puts(why ? why : "used");
    return 0;
}
