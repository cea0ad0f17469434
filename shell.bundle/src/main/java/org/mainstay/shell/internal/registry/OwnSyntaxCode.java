package org.mainstay.shell.internal.registry;

/** A command whose table of exit codes has another number for a wrong command line than CMD-010. */
public interface OwnSyntaxCode {
    int syntaxCode();
}
