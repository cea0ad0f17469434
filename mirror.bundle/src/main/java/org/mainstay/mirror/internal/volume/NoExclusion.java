package org.mainstay.mirror.internal.volume;

import org.mainstay.kit.Outcome;

/** Nothing guards against a second mount; the operator said so. */
final class NoExclusion implements Exclusion {
    private static final Outcome NOTHING = Outcome.success("no reservation");

    @Override
    public Outcome initialise() {
        return NOTHING;
    }

    @Override
    public Outcome observe() {
        return NOTHING;
    }

    @Override
    public Outcome claim(boolean force) {
        return NOTHING;
    }

    @Override
    public Outcome release() {
        return NOTHING;
    }

    @Override
    public Outcome check() {
        return NOTHING;
    }
}
