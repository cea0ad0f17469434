package org.mainstay.itest.lab;

/** The laboratory could not do what it was asked, or what it waited for did not happen. */
public final class LabException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    public LabException(String message) {
        super(message);
    }

    public LabException(String message, Throwable cause) {
        super(message, cause);
    }
}
