package org.mainstay.kit;

import java.util.List;
import org.osgi.annotation.versioning.ProviderType;

/** What {@link RecoveryKit#create} and {@link RecoveryKit#extend} are given besides the usual context. */
@ProviderType
public interface CreateContext extends ActionContext {

    /** Returns every resource that exists on this server, so that a kit can find the ones it needs as children. */
    List<ResourceInfo> resources();

    /** Returns the names of the servers that already hold the resource; empty for a create. */
    List<String> extendedTo();
}
