package org.mainstay.kit;

import java.time.Duration;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.osgi.annotation.versioning.ProviderType;

/** What a kit is: names, version, properties, defaults. Immutable. */
@ProviderType
public final class KitDescriptor {

    /** Operating systems a kit can run on. */
    public enum Platform {
        LINUX,
        WINDOWS
    }

    private static final Map<Action, Duration> DEFAULT_LIMITS = Map.of(
            Action.CREATE, Duration.ofSeconds(60),
            Action.EXTEND, Duration.ofSeconds(60),
            Action.QUICK_CHECK, Duration.ofSeconds(60),
            Action.DEEP_CHECK, Duration.ofSeconds(120),
            Action.PROBE, Duration.ofSeconds(30));
    private static final Duration DEFAULT_LIMIT = Duration.ofSeconds(300);

    private final String application;
    private final String type;
    private final String version;
    private final String title;
    private final List<Platform> platforms;
    private final List<Field> fields;
    private final List<String> extraActions;
    private final Map<Action, Duration> timeLimits;
    private final int quickCheckSeconds;
    private final int deepCheckSeconds;
    private final boolean localRecovery;

    private KitDescriptor(Builder b) {
        this.application = b.application;
        this.type = b.type;
        this.version = b.version;
        this.title = b.title;
        this.platforms = b.platforms;
        this.fields = b.fields;
        this.extraActions = b.extraActions;
        this.timeLimits = Map.copyOf(b.timeLimits);
        this.quickCheckSeconds = b.quickCheckSeconds;
        this.deepCheckSeconds = b.deepCheckSeconds;
        this.localRecovery = b.localRecovery;
    }

    /**
     * @param application application name in the LCD, such as {@code comm}
     * @param type resource type in the LCD and in {@code mainstay resource create TYPE}, such as {@code ip}
     * @param version version of the kit, stored with each instance it writes
     * @param title name for people, such as {@code IP Address}
     */
    public static Builder builder(String application, String type, String version, String title) {
        return new Builder(application, type, version, title);
    }

    public String application() {
        return application;
    }

    public String type() {
        return type;
    }

    public String version() {
        return version;
    }

    public String title() {
        return title;
    }

    public List<Platform> platforms() {
        return platforms;
    }

    public List<Field> fields() {
        return fields;
    }

    /** Returns the names of the kit's own actions, see {@link RecoveryKit#perform}. */
    public List<String> extraActions() {
        return extraActions;
    }

    /** Returns how long the action may take; every action has a limit (I5). */
    public Duration timeLimit(Action action) {
        return timeLimits.getOrDefault(action, DEFAULT_LIMITS.getOrDefault(action, DEFAULT_LIMIT));
    }

    /** Returns the default wait between two quick checks in seconds; 0 means off. */
    public int quickCheckSeconds() {
        return quickCheckSeconds;
    }

    /** Returns the default wait between two deep checks in seconds; 0 means off. */
    public int deepCheckSeconds() {
        return deepCheckSeconds;
    }

    /** Returns whether new instances try local recovery before a failover. */
    public boolean localRecovery() {
        return localRecovery;
    }

    /** Collects the parts of a descriptor; the last call is {@link #build}. */
    public static final class Builder {
        private final String application;
        private final String type;
        private final String version;
        private final String title;
        private List<Platform> platforms = List.of(Platform.LINUX);
        private List<Field> fields = List.of();
        private List<String> extraActions = List.of();
        private final Map<Action, Duration> timeLimits = new EnumMap<>(Action.class);
        private int quickCheckSeconds = 180;
        private int deepCheckSeconds = 300;
        private boolean localRecovery = true;

        private Builder(String application, String type, String version, String title) {
            this.application = Objects.requireNonNull(application, "application");
            this.type = Objects.requireNonNull(type, "type");
            this.version = Objects.requireNonNull(version, "version");
            this.title = Objects.requireNonNull(title, "title");
        }

        public Builder platforms(Platform... values) {
            this.platforms = List.of(values);
            return this;
        }

        public Builder fields(List<Field> values) {
            this.fields = List.copyOf(values);
            return this;
        }

        public Builder extraActions(String... names) {
            this.extraActions = List.of(names);
            return this;
        }

        public Builder timeLimit(Action action, Duration limit) {
            if (limit.isNegative() || limit.isZero()) {
                throw new IllegalArgumentException("the time limit of " + action.actionName() + " must be positive");
            }
            this.timeLimits.put(action, limit);
            return this;
        }

        /** Sets the default check intervals in seconds, 0 to 604800; 0 means off (CMD-156, CMD-157). */
        public Builder checks(int quickSeconds, int deepSeconds) {
            this.quickCheckSeconds = quickSeconds;
            this.deepCheckSeconds = deepSeconds;
            return this;
        }

        public Builder localRecovery(boolean enabled) {
            this.localRecovery = enabled;
            return this;
        }

        public KitDescriptor build() {
            return new KitDescriptor(this);
        }
    }
}
