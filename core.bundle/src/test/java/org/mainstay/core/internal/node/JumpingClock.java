package org.mainstay.core.internal.node;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.concurrent.atomic.AtomicLong;

/** A wall clock that is set forth and back by days with each look: a node that decided anything by it would not pass its tests. */
final class JumpingClock extends Clock {
    private static final Instant BASE = Instant.parse("2026-01-01T00:00:00Z");

    private final AtomicLong looks = new AtomicLong();

    @Override
    public Instant instant() {
        long look = looks.incrementAndGet();
        return BASE.plus(Duration.ofDays(look % 2 == 0 ? look : -look));
    }

    @Override
    public ZoneId getZone() {
        return ZoneOffset.UTC;
    }

    @Override
    public Clock withZone(ZoneId zone) {
        return this;
    }
}
