/**
 * The witnesses outside the cluster: QWK objects in a shared folder or in S3 buckets, and etcd. What judges and decides
 * ({@code PeerJudge}, {@code KeyWatch}) is pure; everything that may block has a thread of its own, and nothing waits for it.
 */
package org.mainstay.guard.witness;
