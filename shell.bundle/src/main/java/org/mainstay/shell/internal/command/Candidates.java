package org.mainstay.shell.internal.command;

import java.util.Iterator;
import java.util.List;

/** Words that options and parameters take, for completion; {@code @kits} and the like are asked of the cluster ({@code mainstay complete}). */
public final class Candidates {
    private Candidates() {}

    private abstract static class Words implements Iterable<String> {
        private final List<String> words;

        Words(String... words) {
            this.words = List.of(words);
        }

        @Override
        public Iterator<String> iterator() {
            return words.iterator();
        }
    }

    /** What {@code ins_setst} can set. */
    public static final class States extends Words {
        States() {
            super("ISP", "ISU", "OSU");
        }
    }

    public static final class Initialisations extends Words {
        Initialisations() {
            super("AUTORES_ISP", "INIT_ISP", "INIT_OSU");
        }
    }

    public static final class Switchbacks extends Words {
        Switchbacks() {
            super("INTELLIGENT", "AUTOMATIC");
        }
    }

    public static final class Checks extends Words {
        Checks() {
            super("quick", "deep");
        }
    }

    /** The actions every kit has; kits may have more. */
    public static final class Actions extends Words {
        Actions() {
            super("restore", "remove", "quickCheck", "deepCheck", "recover", "probe", "validate");
        }
    }

    /** The scripts around an action of an operator. */
    public static final class GlobalActions extends Words {
        GlobalActions() {
            super("restore", "remove", "delete");
        }
    }

    public static final class LogTargets extends Words {
        LogTargets() {
            super("TO_LOG", "TO_STDERR");
        }
    }

    public static final class Shells extends Words {
        Shells() {
            super("bash", "zsh");
        }
    }

    /** The names of the kits that are installed here. */
    public static final class Kits extends Words {
        Kits() {
            super("@kits");
        }
    }
}
