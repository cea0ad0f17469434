package org.mainstay.cluster.lcd;

/**
 * An action that was begun and whose end is not recorded: repeated after a crash.
 *
 * @param tag instance
 * @param action name, such as {@code restore}
 * @param epoch ownership epoch it was begun under
 * @param operation id of the operation it belongs to
 * @param escalate whether kill handles and a probe follow if it fails; only a {@code remove} has that
 */
public record BegunAction(String tag, String action, long epoch, String operation, boolean escalate) {}
