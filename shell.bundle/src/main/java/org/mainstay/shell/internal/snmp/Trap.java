package org.mainstay.shell.internal.snmp;

import java.util.Collections;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * A trap to be sent.
 *
 * @param number last part of its OID (SNMP-004)
 * @param variables what it carries, by the last part of the variable's OID (SNMP-030 to SNMP-033)
 */
record Trap(int number, SortedMap<Integer, String> variables) {
    /** The trap's message; in all traps. */
    static final int MESSAGE = 1;
    /** Tag of the resource. */
    static final int TAG = 2;
    /** List of resources that are in service again. */
    static final int RECOVERED = 3;
    /** List of resources that are not. */
    static final int FAILED = 4;

    Trap {
        variables = Collections.unmodifiableSortedMap(new TreeMap<>(variables));
    }

    static Trap of(int number, String message) {
        return new Trap(number, new TreeMap<>(Map.of(MESSAGE, message)));
    }

    Trap with(int variable, String value) {
        TreeMap<Integer, String> all = new TreeMap<>(variables);
        all.put(variable, value);
        return new Trap(number, all);
    }
}
