package org.mainstay.kit;

import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.osgi.annotation.versioning.ProviderType;

/** A program to run: arguments as a list, never through a shell. Immutable. */
@ProviderType
public final class Command {
    private final List<String> arguments;
    private final Map<String, String> environment;
    private final Duration timeLimit;
    private final Path directory;
    private final String user;
    private final String input;
    private final boolean inService;

    private Command(Builder b) {
        this.arguments = b.arguments;
        this.environment = Map.copyOf(b.environment);
        this.timeLimit = b.timeLimit;
        this.directory = b.directory;
        this.user = b.user;
        this.input = b.input;
        this.inService = b.inService;
    }

    /** @param program name looked up in the PATH of the service, or an absolute path */
    public static Builder of(String program, String... arguments) {
        return new Builder(program, List.of(arguments));
    }

    /** @param program name looked up in the PATH of the service, or an absolute path */
    public static Builder of(String program, List<String> arguments) {
        return new Builder(program, arguments);
    }

    /** Returns the program and its arguments. */
    public List<String> arguments() {
        return arguments;
    }

    /** Returns variables set on top of the small documented environment (PATH, LKROOT, LANG). */
    public Map<String, String> environment() {
        return environment;
    }

    /** Returns this command's own limit; the action's remaining time bounds it in any case. */
    public Optional<Duration> timeLimit() {
        return Optional.ofNullable(timeLimit);
    }

    public Optional<Path> directory() {
        return Optional.ofNullable(directory);
    }

    /** Returns the user to run as; empty means the service's own. */
    public Optional<String> user() {
        return Optional.ofNullable(user);
    }

    /** Returns what is written to its standard input; empty means end of file at once. */
    public String input() {
        return input;
    }

    /** Returns whether it starts what is to stay in service, see {@link Builder#inService}. */
    public boolean startsService() {
        return inService;
    }

    /** Collects the parts of a command; the last call is {@link #build}. */
    public static final class Builder {
        private final List<String> arguments;
        private final Map<String, String> environment = new LinkedHashMap<>();
        private Duration timeLimit;
        private Path directory;
        private String user;
        private String input = "";
        private boolean inService;

        private Builder(String program, List<String> arguments) {
            java.util.ArrayList<String> all = new java.util.ArrayList<>();
            all.add(program);
            all.addAll(arguments);
            this.arguments = List.copyOf(all);
        }

        public Builder environment(String name, String value) {
            this.environment.put(name, value);
            return this;
        }

        public Builder timeLimit(Duration limit) {
            this.timeLimit = limit;
            return this;
        }

        public Builder directory(Path path) {
            this.directory = path;
            return this;
        }

        /** Runs as this user with its groups; the service must be privileged. */
        public Builder user(String name) {
            this.user = name;
            return this;
        }

        public Builder input(String text) {
            this.input = text;
            return this;
        }

        /**
         * Starts what belongs to the protected application: in the instance's own control group and a session of its own, so
         * that it outlives Mainstay (I4) and can be ended without the kit. Processes it leaves behind are not killed when the
         * command returns; without this they are.
         */
        public Builder inService() {
            this.inService = true;
            return this;
        }

        public Command build() {
            return new Command(this);
        }
    }
}
