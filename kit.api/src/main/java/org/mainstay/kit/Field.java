package org.mainstay.kit;

import java.util.List;
import java.util.Objects;
import java.util.Optional;
import org.osgi.annotation.versioning.ProviderType;

/** One question of a wizard and the meaning of one property. Immutable. */
@ProviderType
public final class Field {

    /** What kind of value a field takes; checked by Mainstay before the kit is asked. */
    public enum Kind {
        /** Any text without control characters. */
        TEXT,
        /** A decimal number between {@link Field#minimum()} and {@link Field#maximum()}. */
        INTEGER,
        /** One of {@link Field#choices()}. */
        CHOICE,
        /** {@code yes} or {@code no}. */
        YES_NO,
        /** An absolute path on the server. */
        PATH,
        /** As text, but never shown, logged or passed as an argument. */
        SECRET
    }

    /** Whether a property has one value for all servers or one per server. */
    public enum Scope {
        CLUSTER,
        SERVER
    }

    private final Builder values;

    private Field(Builder values) {
        this.values = values;
    }

    /**
     * @param name property key, as in {@code --set NAME=VALUE}: letters, digits, dots and dashes
     * @param label what a wizard shows
     */
    public static Builder named(String name, String label) {
        return new Builder(name, label);
    }

    public String name() {
        return values.name;
    }

    public String label() {
        return values.label;
    }

    /** Returns one or two sentences of help; may be empty. */
    public String help() {
        return values.help;
    }

    public Kind kind() {
        return values.kind;
    }

    public Scope scope() {
        return values.scope;
    }

    public boolean required() {
        return values.required;
    }

    public Optional<String> defaultValue() {
        return Optional.ofNullable(values.defaultValue);
    }

    public List<String> choices() {
        return values.choices;
    }

    public long minimum() {
        return values.minimum;
    }

    public long maximum() {
        return values.maximum;
    }

    /** Collects the parts of a field; the last call is {@link #build}. */
    public static final class Builder implements Cloneable {
        private final String name;
        private final String label;
        private String help = "";
        private Kind kind = Kind.TEXT;
        private Scope scope = Scope.CLUSTER;
        private boolean required;
        private String defaultValue;
        private List<String> choices = List.of();
        private long minimum = Long.MIN_VALUE;
        private long maximum = Long.MAX_VALUE;

        private Builder(String name, String label) {
            if (!name.matches("[A-Za-z][A-Za-z0-9.-]*")) {
                throw new IllegalArgumentException("field name '" + name
                        + "' must begin with a letter and hold letters, digits, dots and dashes only");
            }
            this.name = name;
            this.label = Objects.requireNonNull(label, "label");
        }

        public Builder help(String text) {
            this.help = Objects.requireNonNull(text, "text");
            return this;
        }

        public Builder kind(Kind value) {
            this.kind = Objects.requireNonNull(value, "value");
            return this;
        }

        public Builder scope(Scope value) {
            this.scope = Objects.requireNonNull(value, "value");
            return this;
        }

        public Builder required() {
            this.required = true;
            return this;
        }

        public Builder defaultValue(String value) {
            this.defaultValue = value;
            return this;
        }

        /** Makes the field a choice. */
        public Builder choices(List<String> values) {
            this.kind = Kind.CHOICE;
            this.choices = List.copyOf(values);
            return this;
        }

        /** Makes the field a number within the bounds, both included. */
        public Builder integer(long from, long to) {
            this.kind = Kind.INTEGER;
            this.minimum = from;
            this.maximum = to;
            return this;
        }

        public Field build() {
            try {
                return new Field((Builder) clone());
            } catch (CloneNotSupportedException e) {
                throw new IllegalStateException(e);
            }
        }
    }
}
