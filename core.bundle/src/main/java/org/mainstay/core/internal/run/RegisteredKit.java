package org.mainstay.core.internal.run;

import org.mainstay.kit.KitDescriptor;
import org.mainstay.kit.RecoveryKit;

/**
 * A kit that can be used now.
 *
 * @param kit the kit
 * @param descriptor its descriptor, asked once when it appeared
 * @param script whether it is a directory of action scripts: such a kit takes any property
 */
public record RegisteredKit(RecoveryKit kit, KitDescriptor descriptor, boolean script) {

    /** Returns {@code application/type}. */
    public String key() {
        return key(descriptor.application(), descriptor.type());
    }

    /** Returns {@code application/type}. */
    public static String key(String application, String type) {
        return application + "/" + type;
    }
}
