package org.mainstay.shell.internal.command;

import org.mainstay.cluster.Administration;
import org.mainstay.cluster.Administration.Kit;
import org.mainstay.cluster.ExitCode;
import org.mainstay.shell.internal.registry.CommandException;

/** Why a kit has no form. */
public final class Forms {
    private Forms() {}

    /**
     * Returns why there is no form: the kit is not here, or it is and did not answer.
     *
     * @param help what to say of the kits there are, if this one is not among them
     */
    public static CommandException missing(Administration administration, String type, String help) {
        return isInstalled(administration, type)
                ? new CommandException(ExitCode.SYSTEM_ERROR, silent(type))
                : CommandException.notFound("there is no kit for '" + type + "'; " + help);
    }

    /** Returns the sentence about a kit that is here but does not answer. */
    public static String silent(String type) {
        return "the kit '" + type + "' does not say its form: try again; if it stays, the log of Mainstay says why";
    }

    /** Returns whether there is a kit of this name here. */
    public static boolean isInstalled(Administration administration, String type) {
        return administration.kits().stream().anyMatch(kit -> isNamed(kit, type));
    }

    private static boolean isNamed(Kit kit, String type) {
        return type.equals(kit.type()) || type.equals(kit.application() + "/" + kit.type());
    }
}
