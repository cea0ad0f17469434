package org.mainstay.bench;

import org.mainstay.itest.lab.Server;

/** What a process of a server has used of the processors. */
public final class ProcessorTime {
    private ProcessorTime() {}

    /** Returns user and system time so far, in seconds; the kernel counts both in hundredths. */
    public static double seconds(Server server, long pid) {
        String stat = server.machine().run("cat", "/proc/" + pid + "/stat").orThrow();
        String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ");
        return (Long.parseLong(fields[11]) + Long.parseLong(fields[12])) / 100.0;
    }
}
