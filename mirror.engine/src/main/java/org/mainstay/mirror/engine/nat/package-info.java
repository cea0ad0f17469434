/** What Linux can do and Java cannot say: a small native library, optional at run time. */
package org.mainstay.mirror.engine.nat;
