/** Recovery kit for applications with action scripts. */
package org.mainstay.kit.app;
