package org.mainstay.guard.reserve;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.function.LongSupplier;

/**
 * What one server has seen of the others' slots over time: since when a holder's counter stands still, by this server's own
 * monotonic clock and its own reads only. Pure; owned by one thread.
 */
final class Observation {

    private record Seen(Slot slot, long since) {}

    private final UUID self;
    private final LongSupplier longestGap;
    private final Map<UUID, Seen> seen = new HashMap<>();
    private List<AreaFile.Page> pages = List.of();
    private long lastRead;
    private boolean begun;

    /** @param longestGap nanoseconds between two reads beyond which nothing is known of the time between them */
    Observation(UUID self, LongSupplier longestGap) {
        this.self = self;
        this.longestGap = longestGap;
    }

    /** Takes a read of all pages. */
    void read(List<AreaFile.Page> newest, long now) {
        boolean gap = !begun || now - lastRead > longestGap.getAsLong();
        begun = true;
        lastRead = now;
        pages = newest;
        for (AreaFile.Page page : newest) {
            Slot slot = page.slot();
            if (slot == null || slot.installation().equals(self)) {
                continue;
            }
            Seen before = seen.get(slot.installation());
            if (before == null || gap || !before.slot.equals(slot)) {
                seen.put(slot.installation(), new Seen(slot, now));
            }
        }
    }

    List<AreaFile.Page> pages() {
        return pages;
    }

    /** Returns this server's slot as last read, null if it has none. */
    Slot own() {
        int index = AreaFile.indexOf(pages, self);
        return index < 0 ? null : pages.get(index).slot();
    }

    /** Returns the strongest claim of another server. */
    Optional<Slot> strongestOther() {
        Slot best = null;
        for (AreaFile.Page page : pages) {
            Slot slot = page.slot();
            if (slot == null || slot.installation().equals(self) || !slot.holds()) {
                continue;
            }
            if (best == null || slot.beats(best)) {
                best = slot;
            }
        }
        return Optional.ofNullable(best);
    }

    /** Returns the first page that cannot be read. */
    Optional<String> damage() {
        return pages.stream()
                .map(AreaFile.Page::damage)
                .filter(text -> text != null)
                .findFirst();
    }

    /** Returns for how long the slot was seen not to change, in nanoseconds. */
    long unchangedFor(Slot slot, long now) {
        Seen last = seen.get(slot.installation());
        return last == null ? 0 : now - last.since;
    }

    long highestClaim() {
        return pages.stream()
                .map(AreaFile.Page::slot)
                .filter(slot -> slot != null)
                .mapToLong(Slot::claim)
                .max()
                .orElse(0);
    }

    /** Returns how long to wait for the slowest of all servers, in milliseconds. */
    int slowestMillis() {
        return pages.stream()
                .map(AreaFile.Page::slot)
                .filter(slot -> slot != null)
                .mapToInt(Slot::ioMillis)
                .max()
                .orElse(0);
    }
}
