package org.mainstay.shell.internal.karaf;

import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;

/** Leaves out what colours a terminal: commands of Karaf colour their output whoever reads it. One thread. */
final class PlainStream extends OutputStream {
    private static final int ESCAPE = 0x1b;
    private static final int FIRST_FINAL = 0x40;
    private static final int LAST_FINAL = 0x7e;

    private enum Place {
        TEXT,
        ESCAPED,
        SEQUENCE
    }

    private final OutputStream target;
    private Place place = Place.TEXT;

    private PlainStream(OutputStream target) {
        this.target = target;
    }

    static PrintStream over(OutputStream target) {
        return new PrintStream(new PlainStream(target), true, StandardCharsets.UTF_8);
    }

    @Override
    public void write(int value) throws IOException {
        switch (place) {
            case TEXT -> {
                if (value == ESCAPE) {
                    place = Place.ESCAPED;
                } else {
                    target.write(value);
                }
            }
            case ESCAPED -> {
                place = value == '[' ? Place.SEQUENCE : Place.TEXT;
                if (place == Place.TEXT) {
                    target.write(ESCAPE);
                    target.write(value);
                }
            }
            case SEQUENCE -> {
                if (value >= FIRST_FINAL && value <= LAST_FINAL) {
                    place = Place.TEXT;
                }
            }
        }
    }

    @Override
    public void flush() throws IOException {
        target.flush();
    }
}
