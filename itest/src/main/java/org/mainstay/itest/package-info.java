/** Container and multi-server tests. */
package org.mainstay.itest;
