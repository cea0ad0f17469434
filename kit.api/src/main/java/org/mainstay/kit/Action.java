package org.mainstay.kit;

/** The actions Mainstay asks of a kit; {@link #EXTRA} stands for a kit's own actions. */
public enum Action {
    CREATE("create"),
    EXTEND("extend"),
    UNEXTEND("unextend"),
    DELETE("delete"),
    RESTORE("restore"),
    REMOVE("remove"),
    QUICK_CHECK("quickCheck"),
    DEEP_CHECK("deepCheck"),
    RECOVER("recover"),
    PROBE("probe"),
    VALIDATE("validate"),
    EXTRA("extra");

    private final String actionName;

    Action(String actionName) {
        this.actionName = actionName;
    }

    /** Returns the name used in commands, logs and script directories, such as {@code quickCheck}. */
    public String actionName() {
        return actionName;
    }
}
