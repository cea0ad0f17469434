package org.mainstay.cluster.lcd;

import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

/**
 * A stored job: a named group of pairs of servers that may mirror a volume (EMC-020 to EMC-024). Every server holds a copy of every job;
 * the one with the highest revision counts, wherever it is. A deleted job stays as a row, so that the copy of a server that was away does
 * not bring it back.
 *
 * @param id UUID, in lower case
 * @param revision rises by one with each change; 0: not stored yet
 * @param deleted whether the job is gone
 * @param name for people; not empty
 * @param description for people; may be empty
 * @param pairs its pairs; may be none
 */
public record MirrorJob(String id, long revision, boolean deleted, String name, String description, List<Pair> pairs) {
    private static final String UUID = "[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}";
    /** Of two copies with the same revision the same one counts everywhere. */
    private static final Comparator<MirrorJob> NEWER =
            Comparator.comparingLong(MirrorJob::revision).thenComparing(MirrorJob::toString);

    public MirrorJob {
        pairs = List.copyOf(pairs);
        if (!id.matches(UUID)) {
            throw new IllegalArgumentException("'" + id + "' is not the id of a job: a UUID in lower case");
        }
        if (name.isBlank() || broken(name) || broken(description)) {
            throw new IllegalArgumentException(
                    "a job has a name, and neither it nor the description has a line break or control character");
        }
    }

    private static boolean broken(String text) {
        return text.chars().anyMatch(Character::isISOControl);
    }

    /** How the ends of a pair are kept equal. */
    public enum Type {
        /** A write is answered when both sides have it. */
        S,
        /** A write is answered when the source has it. */
        A,
        /** Both ends are one shared disk; never a mirror. */
        D
    }

    /**
     * One end of a pair.
     *
     * @param server name, or fully qualified name, of a server
     * @param volume its resource there, or its mount point
     * @param address where its engine is reached by the other end, without a port; {@code 0.0.0.0} for {@link Type#D}
     */
    public record End(String server, String volume, String address) {
        public End {
            for (String field : List.of(server, volume, address)) {
                if (field.isEmpty() || field.matches("(?s).*[;\\s].*")) {
                    throw new IllegalArgumentException(
                            "'" + field
                                    + "' cannot stand in a pair: its fields are not empty and have neither blanks nor semicolons");
                }
            }
        }

        /** Says whether this is a volume of a server, named with or without its domain, by resource or mount point. */
        public boolean is(String name, String tag, String mount) {
            return of(name) && (volume.equals(tag) || volume.equals(mount));
        }

        /** Says whether this is an end on the server. */
        public boolean of(String name) {
            String own = server.toLowerCase(Locale.ROOT);
            String asked = name.toLowerCase(Locale.ROOT);
            return own.equals(asked) || own.startsWith(asked + ".");
        }

        /** Returns this end at another address. */
        public End at(String other) {
            return new End(server, volume, other);
        }
    }

    /** Two ends that may mirror each other; which is first means nothing. */
    public record Pair(End first, End second, Type type) {
        /** Returns the pair as it is written (EMC-021). */
        public String text() {
            return first.server() + ";" + first.volume() + ";" + first.address() + ";" + second.server() + ";"
                    + second.volume() + ";" + second.address() + ";" + type;
        }

        /** Returns the same pair with another type. */
        public Pair with(Type other) {
            return new Pair(first, second, other);
        }
    }

    /** Returns this job with other pairs. */
    public MirrorJob withPairs(List<Pair> others) {
        return new MirrorJob(id, revision, deleted, name, description, others);
    }

    /** Returns this job as it is stored next. */
    public MirrorJob next(boolean gone) {
        return new MirrorJob(id, revision + 1, gone, name, description, gone ? List.of() : pairs);
    }

    /** Says whether this copy counts where there is the other one too. */
    public boolean isNewerThan(MirrorJob other) {
        return NEWER.compare(this, other) > 0;
    }

    /** Returns the newest copy of every job, also of deleted ones, by id. */
    public static Map<String, MirrorJob> newest(Collection<Lcd> databases) {
        Map<String, MirrorJob> newest = new TreeMap<>();
        for (Lcd lcd : databases) {
            lcd.rows(LcdSection.JOBS)
                    .values()
                    .forEach(job -> newest.merge(job.id(), job, (one, other) -> other.isNewerThan(one) ? other : one));
        }
        return newest;
    }

    /** Returns the jobs there are, by id. */
    public static Map<String, MirrorJob> of(Collection<Lcd> databases) {
        Map<String, MirrorJob> jobs = newest(databases);
        jobs.values().removeIf(MirrorJob::deleted);
        return jobs;
    }

    /** A volume of a server. @param mount may be empty */
    public record Volume(String server, String tag, String mount) {
        /** Returns the volume that a resource of a server is. */
        public static Volume of(String server, Instance instance) {
            return new Volume(server, instance.tag(), instance.properties().getOrDefault("mount", ""));
        }

        /** Says whether an end is this volume. */
        public boolean is(End end) {
            return end.is(server, tag, mount);
        }
    }
}
