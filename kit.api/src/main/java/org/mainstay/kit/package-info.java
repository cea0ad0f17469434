/**
 * What a recovery kit needs, and nothing else.
 *
 * <p>A kit is an OSGi bundle with one Declarative Services component that implements {@link org.mainstay.kit.RecoveryKit}.
 * Mainstay finds it when the bundle starts and stops offering its resource types when the bundle stops; what the kit
 * protects is never touched by either (invariant I8).
 *
 * <p>Types marked {@code @ConsumerType} are implemented by kits, types marked {@code @ProviderType} by Mainstay. What kits
 * construct has builders or static factories, so that it can grow without breaking a kit.
 */
@Export
@Version("1.1.0")
package org.mainstay.kit;

import org.osgi.annotation.bundle.Export;
import org.osgi.annotation.versioning.Version;
