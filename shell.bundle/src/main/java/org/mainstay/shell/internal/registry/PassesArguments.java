package org.mainstay.shell.internal.registry;

/** A command that passes what follows {@code --} to a script unchanged (CMD-002). */
public interface PassesArguments {}
