package ${package};

import java.time.Duration;
import java.util.List;
import org.mainstay.kit.ActionContext;
import org.mainstay.kit.Command;
import org.mainstay.kit.CommandResult;
import org.mainstay.kit.CreateContext;
import org.mainstay.kit.Creation;
import org.mainstay.kit.Field;
import org.mainstay.kit.KitDescriptor;
import org.mainstay.kit.Outcome;
import org.mainstay.kit.Probe;
import org.mainstay.kit.RecoveryKit;
import org.osgi.service.component.annotations.Component;

/** Protects a program that runs in the background: replace what is between restore and probe by what your service needs. */
@Component(service = RecoveryKit.class)
public final class ServiceKit implements RecoveryKit {
    private static final KitDescriptor DESCRIPTOR = KitDescriptor.builder("${application}", "${type}", "${version}", "${title}")
            .fields(List.of(Field.named("program", "Start program")
                    .help("Absolute path of the program that starts the service and returns.")
                    .kind(Field.Kind.PATH)
                    .required()
                    .build()))
            .build();

    @Override
    public KitDescriptor descriptor() {
        return DESCRIPTOR;
    }

    /** What identifies the thing, and what cannot work is refused before it exists. */
    @Override
    public Creation create(CreateContext context) {
        String program = context.resource().property("program", "");
        if (!program.startsWith("/")) {
            return Creation.refused("program '" + program + "' is not an absolute path; give one such as /usr/local/bin/start");
        }
        return Creation.of(program, context.resource().properties()).withSuggestedTag("${type}");
    }

    /** May be repeated: what runs already is left alone. Whatever is to stay is started in service. */
    @Override
    public Outcome restore(ActionContext context) {
        if (probe(context).state() == Probe.State.RUNNING) {
            return Outcome.success("${title} runs already");
        }
        CommandResult result = context.host()
                .run(Command.of(context.resource().property("program", "")).inService().build());
        if (!result.succeeded()) {
            return Outcome.failed("the start program fails: " + result.summary(), result.errors());
        }
        while (probe(context).state() != Probe.State.RUNNING) {
            if (!context.pause(Duration.ofMillis(100))) {
                return Outcome.failed("${title} did not start in time; see its log");
            }
        }
        return Outcome.success("${title} runs");
    }

    /** Returns only when it certainly does not serve any more. */
    @Override
    public Outcome remove(ActionContext context) {
        return context.host().processes().endAll();
    }

    /** Looks at the machine, never at a record. */
    @Override
    public Probe probe(ActionContext context) {
        List<Long> processes = context.host().processes().inService();
        return processes.isEmpty() ? Probe.stopped("no process runs") : Probe.running("process " + processes.get(0) + " runs");
    }
}
