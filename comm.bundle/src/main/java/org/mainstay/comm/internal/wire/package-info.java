/**
 * The frames that members exchange inside TLS, version 1.
 *
 * <p>Header: version (1 byte), type (1 byte), reserved (2 bytes, 0), length of the body (4 bytes, big-endian, at most
 * {@link org.mainstay.comm.internal.wire.FrameCodec#MAX_BODY}). Types from 128 on may be skipped by who does not know them; other unknown types, versions
 * and lengths end the connection. Hello, Welcome and Bye are JSON objects whose unknown fields are ignored, so that adjacent
 * releases interoperate; recorded frames of each release are kept as tests.
 */
package org.mainstay.comm.internal.wire;
