package org.mainstay.cluster.lcd;

import java.util.List;
import java.util.Optional;

/**
 * The servers of the cluster, with an epoch that rises with each join or removal (design.md section 5).
 *
 * @param epoch 0 = no cluster yet
 * @param members sorted by name
 */
public record Membership(long epoch, List<Member> members) {
    public static final String KEY = "membership";
    public static final Membership EMPTY = new Membership(0, List.of());

    public Membership {
        members = members.stream()
                .sorted(java.util.Comparator.comparing(Member::name))
                .toList();
    }

    public Optional<Member> member(String name) {
        return members.stream().filter(member -> member.name().equals(name)).findFirst();
    }
}
