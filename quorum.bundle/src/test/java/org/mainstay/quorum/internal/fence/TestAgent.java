package org.mainstay.quorum.internal.fence;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;

/** A fence agent with the contract of the real ones and the faults of bad ones. */
final class TestAgent {
    private static final String SCRIPT = """
            #!/bin/sh
            dir=%s
            if [ "$1" = -o ]; then
            cat <<XML
            <?xml version="1.0" ?>
            <resource-agent name="fence_test"><parameters>
            <parameter name="action" required="1"><content type="string" default="reboot"/></parameter>
            <parameter name="ip" required="1" obsoletes="ipaddr"><content type="string"/></parameter>
            <parameter name="ipaddr" required="1" deprecated="1"><content type="string"/></parameter>
            <parameter name="plug" required="0"><content type="string" default="1"/></parameter>
            <parameter name="password" required="0"><content type="string"/></parameter>
            <parameter name="mode" required="0"><content type="string"/></parameter>
            </parameters><actions><action name="on"/><action name="off"/><action name="status"/><action name="monitor"/>
            </actions></resource-agent>
            XML
            exit 0
            fi
            while IFS='=' read -r key value; do
              case $key in action) action=$value;; password) password=$value;; mode) mode=$value;; plug) plug=$value;; esac
            done
            echo "$action $plug args:$#" >>"$dir/calls"
            if [ "$password" != right ]; then echo "login failed with $password" >&2; exit 1; fi
            if [ "$mode" = hang ] && [ "$action" = off ]; then sleep 600 & echo $! >"$dir/child"; wait; fi
            case $action in
              off) [ "$mode" = lie ] || echo off >"$dir/power$plug";;
              on) echo on >"$dir/power$plug";;
              monitor) exit 0;;
              status) [ "$(cat "$dir/power$plug" 2>/dev/null)" = off ] && exit 2; exit 0;;
            esac
            exit 0
            """;

    private final Path folder;

    TestAgent(Path folder) throws IOException {
        this.folder = folder;
        Files.writeString(program(), SCRIPT.formatted(folder));
        Files.setPosixFilePermissions(program(), PosixFilePermissions.fromString("rwxr-xr-x"));
        secret("right", "rw-------");
    }

    Path program() {
        return folder.resolve("fence_test");
    }

    void secret(String value, String mode) throws IOException {
        Path file = folder.resolve("secret");
        Files.writeString(file, value + "\n");
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString(mode));
    }

    /** A device whose agent has time enough on any machine. */
    String section(String name, int level, String... more) {
        return section(name, level, 30, more);
    }

    /** A device that does not confirm: its time is waited for to the end. */
    String hopeless(String name, int level, String... more) {
        return section(name, level, 4, more);
    }

    private String section(String name, int level, int timeout, String... more) {
        return "[" + name + "]\nserver=B\nlevel=" + level + "\nagent=" + program() + "\noption.ip=10.0.9.2\n"
                + "secret.password=secret\ntimeout=" + timeout + "\nretries=0\n" + String.join("\n", more) + "\n";
    }

    String calls() throws IOException {
        return Files.exists(folder.resolve("calls")) ? Files.readString(folder.resolve("calls")) : "";
    }

    long child() throws IOException {
        return Long.parseLong(Files.readString(folder.resolve("child")).strip());
    }
}
