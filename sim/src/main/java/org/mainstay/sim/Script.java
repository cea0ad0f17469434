package org.mainstay.sim;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/** A run as text: what the cluster is, and what happens in it. */
record Script(List<String> title, Plan plan, List<Step> steps) {
    Script {
        List<Step> sorted = new ArrayList<>(steps);
        sorted.sort(Comparator.comparingLong(Step::at));
        steps = List.copyOf(sorted);
        title = List.copyOf(title);
    }

    Script with(List<Step> newSteps) {
        return new Script(title, plan, newSteps);
    }

    Script with(Plan newPlan) {
        return new Script(title, newPlan, steps);
    }

    Script titled(String text) {
        return new Script(List.of("# " + text), plan, steps);
    }

    int faults() {
        return (int) steps.stream().filter(step -> step.kind().fault()).count();
    }

    /** Returns the file that {@link #parse} reads. */
    String encode() {
        StringBuilder text = new StringBuilder();
        title.forEach(line -> text.append(line).append('\n'));
        text.append('\n').append(plan.encode()).append('\n');
        steps.forEach(step -> text.append(step).append('\n'));
        return text.toString();
    }

    /** Reads a file. @throws IllegalArgumentException for a line that is none of the known ones */
    static Script parse(List<String> lines) {
        List<String> title = new ArrayList<>();
        List<Step> steps = new ArrayList<>();
        Plan plan = null;
        for (String line : lines) {
            if (line.startsWith("#")) {
                title.add(line);
            } else if (line.startsWith("cluster:")) {
                plan = Plan.parse(line);
            } else if (!line.isBlank()) {
                steps.add(Step.parse(line.trim()));
            }
        }
        if (plan == null) {
            throw new IllegalArgumentException("there is no line that begins with 'cluster:'");
        }
        return new Script(title, plan, steps);
    }
}
