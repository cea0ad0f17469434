/**
 * The runtime of the decision core: one thread feeds it events, its changes are stored, then its effects are executed.
 *
 * <p>{@link org.mainstay.core.internal.node.Loop} owns the state. {@link org.mainstay.core.internal.node.NodeRuntime} puts the
 * parts of one server together without any framework, so that several can run in one test;
 * {@link org.mainstay.core.internal.node.NodeComponent} is its place in OSGi.
 */
package org.mainstay.core.internal.node;
