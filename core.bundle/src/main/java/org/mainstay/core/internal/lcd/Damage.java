package org.mainstay.core.internal.lcd;

import org.mainstay.cluster.lcd.Lcd;

/**
 * Acknowledged data that is lost in both local copies. The store then shows the last good state and takes no commit until
 * {@link LcdStore#repairFrom}; the server starts no resource.
 *
 * @param place file that is damaged
 * @param reason what was found
 * @param lastGood this server's database as of the last record before the damage; empty, version 0, if nothing is readable
 * @param highestSeen highest version of this server's database, in the incarnation of {@code lastGood}, that intact records
 *     after the damage prove; that of {@code lastGood} if there are none
 */
public record Damage(String place, String reason, Lcd lastGood, long highestSeen) {

    /** Returns a sentence that says what happened and what to do. */
    public String sentence() {
        return "the configuration database of " + lastGood.server() + " is damaged after version "
                + lastGood.incarnation() + "." + lastGood.version() + " (" + place + ": " + reason
                + "); nothing is started here. It is repaired as soon as a server that holds a copy is reached; without"
                + " one, restore " + "data/lcd from a backup, or accept the last good version";
    }
}
