package org.mainstay.mirror.engine.volume;

import java.util.Map;

/** What a source says when it connects, whether a target takes it, and what the target may become by it. Lock held. */
final class Introduction {
    private Introduction() {}

    /**
     * @param source whose data this side takes
     * @param proven the name that the connection proves; null: it proves none
     * @return why the one that connects is refused; null: it is not
     */
    static String refusal(Volume volume, String source, Map<String, String> hello, String proven) {
        VolumeState state = volume.state();
        if (!Integer.toString(SourceSession.PROTOCOL).equals(hello.get("protocol"))) {
            return "this engine speaks protocol " + SourceSession.PROTOCOL + ", not " + hello.get("protocol");
        }
        for (String key : new String[] {"source", "epoch", "generations", "size", "window", "ping", "silence"}) {
            if (!hello.containsKey(key)) {
                return "the introduction lacks " + key;
            }
        }
        if (!volume.self().equals(hello.get("target"))) {
            return "this is " + volume.self() + ", not " + hello.get("target");
        }
        if (!volume.active() || state.role() != Role.TARGET) {
            return volume.serving() ? "this side is source itself" : "this side has no role now";
        }
        if (!source.equals(hello.get("source"))) {
            return "this side takes data of " + source + " only";
        }
        if (proven != null && !proven.equals(source)) {
            return "the certificate is that of " + proven + ", not that of " + source;
        }
        if (Generations.parse(hello.get("generations")).current() == 0) {
            return "a source without data";
        }
        if (Long.parseLong(hello.get("epoch")) < state.epoch()) {
            return "epoch " + hello.get("epoch") + " is over, now is " + state.epoch();
        }
        return new Resizing(volume).refusal(Long.parseLong(hello.get("size")));
    }

    /** Returns what this side's data allows a source that introduced itself; it decides, and comes to the same if it is honest. */
    static Ancestry.Verdict verdict(Volume volume, String source, Map<String, String> hello) {
        Ancestry.Side mine = Account.side(Account.of(volume, source));
        Generations from = Generations.parse(hello.get("generations"));
        // An engine of a release before says neither: that it knows since when is believed where its data goes on from
        // this side's.
        long current = mine.generations().current();
        boolean discard = volume.state().discard();
        // What is thrown away here began where this side knows that it did, if the source goes on from there too.
        long believed = from.holds(current) ? current : discard && from.holds(mine.base()) ? mine.base() : 0;
        long base = hello.containsKey("base") ? Long.parseUnsignedLong(hello.get("base"), 16) : believed;
        Ancestry.Side theirs = new Ancestry.Side(
                from,
                base,
                Boolean.parseBoolean(hello.getOrDefault("log", "true")),
                Long.parseUnsignedLong(hello.getOrDefault("sync", "0"), 16));
        return Ancestry.compare(theirs, mine, discard);
    }

    /** Returns the state in which a target's data is the mixture that its source's BEGIN makes it. */
    static VolumeState begun(VolumeState state, String source, Map<String, String> begin) {
        // What a failed flush lost here is among the marked blocks, which come now.
        VolumeState now = state.syncSource(source).lost(false);
        if (!Boolean.parseBoolean(begin.get("full"))) {
            // What goes on keeps its name; another source may have written since an earlier one.
            boolean goesOn =
                    state.syncSource().equals(source) || now.peer(source).sync() == 0;
            return goesOn ? now : now.peer(source, now.peer(source).sync(0));
        }
        long id = Long.parseUnsignedLong(begin.getOrDefault("sync", "0"), 16);
        return now.peer(source, now.peer(source).sync(id));
    }

    /** Returns the state in which a target's data is its source's. */
    static VolumeState ended(VolumeState state, String source) {
        VolumeState now = state.syncSource("").written(false).discard(false);
        return now.peer(source).sync() == 0
                ? now
                : now.peer(source, now.peer(source).sync(0));
    }

    /**
     * Says whether this side, which is meant, was target and has no role now, and knows of no later source. It does not count as current
     * then, and the word that said so may have been lost.
     */
    static boolean gone(Volume volume, Map<String, String> hello) {
        return !volume.active()
                && volume.state().role() == Role.TARGET
                && volume.self().equals(hello.get("target"))
                && Long.parseLong(hello.getOrDefault("epoch", "-1"))
                        >= volume.state().epoch();
    }

    /** Returns what a source that is turned away is told. */
    static Map<String, String> answer(Volume volume, Map<String, String> hello, String refusal, boolean mirroring) {
        Map<String, String> answer = Account.of(volume, hello.getOrDefault("source", ""));
        answer.put("reason", refusal);
        answer.put("role", volume.serving() ? "source" : "other");
        if (!mirroring && gone(volume, hello)) {
            answer.put(SourceSession.RESIGNED, "true");
        }
        return answer;
    }

    /**
     * Looks whether a side that was target may become source without force.
     *
     * @param mirroring whether it was in step with its source since it was started
     * @param lives whether the source was heard within the window, where that matters
     * @throws RefusedException if it may lack what its source acknowledged
     */
    static void checkPromotion(VolumeState state, boolean mirroring, boolean lives, String source, long window)
            throws RefusedException {
        if (!state.consistent()) {
            throw new RefusedException("a resynchronisation from " + state.syncSource()
                    + " has not ended: the data is of no one moment. Connect the source, or force");
        }
        if (!mirroring) {
            throw new RefusedException("this side has not been in step with its source since it was started,"
                    + " so its data may be old. Start the other side, or force");
        }
        if (!lives) {
            throw new RefusedException("the source " + source + " was last heard in step more than " + window
                    + " ms ago and may have gone on alone. Start it, or force");
        }
    }
}
