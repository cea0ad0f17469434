package org.mainstay.kit;

import java.util.List;
import java.util.Map;
import org.osgi.annotation.versioning.ProviderType;

/** What a kit is given to decide which fields to ask next. */
@ProviderType
public interface FormContext {

    /** Returns {@link Action#CREATE} or {@link Action#EXTEND}. */
    Action purpose();

    /** Returns the answers given so far (for an extend: on top of the template instance's properties). */
    Map<String, String> answers();

    /** Returns every resource that exists on this server. */
    List<ResourceInfo> resources();

    /** Returns the machine the resource is to be created on or extended to; for reading only. */
    Host host();
}
