package org.mainstay.mirror.engine.nbd;

import java.util.List;
import org.mainstay.mirror.engine.io.Export;

/** The exports that may be asked for. Thread-safe. */
public interface Exports {
    /** Returns the export of that name, null if there is none now. The empty name asks for the only one. */
    Export find(String name);

    /** Returns the names there are. */
    List<String> names();
}
