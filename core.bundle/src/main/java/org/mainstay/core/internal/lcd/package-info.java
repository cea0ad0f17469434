/**
 * The configuration database on disk: JSON codec, journal with two copies, snapshots, recovery (design.md section 4, I3).
 *
 * <p>Entry points: {@link org.mainstay.core.internal.lcd.LcdStore} for the running server,
 * {@link org.mainstay.core.internal.lcd.LcdDatabaseSetup} for offline tools, {@link org.mainstay.core.internal.lcd.LcdCodec}
 * for everything that turns the model or messages into JSON. The file format is described in {@code docs/decisions/0040}.
 */
package org.mainstay.core.internal.lcd;
