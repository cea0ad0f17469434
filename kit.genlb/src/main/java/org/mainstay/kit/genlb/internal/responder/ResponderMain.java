package org.mainstay.kit.genlb.internal.responder;

import java.io.IOException;
import java.nio.channels.ServerSocketChannel;
import java.util.List;

/** The responder's main class. Exit codes: 0 its resource is no longer in service, 2 it could not serve. */
public final class ResponderMain {
    private ResponderMain() {}

    public static void main(String[] arguments) throws IOException {
        int code = serve(Options.parse(List.of(arguments)));
        if (code != 0) {
            System.exit(code);
        }
    }

    private static int serve(Options options) throws IOException {
        Marks marks = new Marks(options.folder(), options.log());
        long process = ProcessHandle.current().pid();
        ProbeServer server;
        try {
            server = new ProbeServer(options, marks, process, ServerSocketChannel::accept);
        } catch (IOException e) {
            String why = "33602 port " + options.port() + " could not be opened: " + e.getMessage();
            marks.log("ERROR", why);
            marks.fail(why);
            return 2;
        }
        try (server) {
            marks.started(process, options);
            // whoever started this waits for the end of its output; from here on there is none
            System.out.close();
            System.err.close();
            return server.run();
        } catch (IOException | RuntimeException e) {
            marks.fail("the responder failed: " + e);
            marks.log("ERROR", "the responder failed: " + e);
            return 2;
        }
    }
}
