/** The Generic Application recovery kit: any application, by scripts (spec A8.3). */
package org.mainstay.kit.app.internal;
