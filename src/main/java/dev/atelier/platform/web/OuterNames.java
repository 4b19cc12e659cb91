package dev.atelier.platform.web;

import io.quarkus.qute.CompletedStage;
import io.quarkus.qute.EngineBuilder;
import io.quarkus.qute.EvalContext;
import io.quarkus.qute.Mapper;
import io.quarkus.qute.Results;
import io.quarkus.qute.ValueResolver;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import java.util.concurrent.CompletionStage;

/**
 * Finds names that a section's surroundings define, without a detour.
 *
 * <p>Qute asks every value resolver there is (one for each class of each template, some hundred and
 * sixty) about the innermost section before it looks one section further out, at each use of a
 * page's own parameter inside the layout or a loop. That was most of the time of drawing a page.
 * The sections know their names, so this asks them alone, from the inside out. What none of them
 * knows goes Qute's own way.
 */
@ApplicationScoped
class OuterNames implements ValueResolver {

    void add(@Observes EngineBuilder engine) {
        engine.addValueResolver(new OuterNames());
    }

    /** Before Qute's own resolver of sections. */
    @Override
    public int getPriority() {
        return 1000;
    }

    @Override
    public boolean appliesTo(EvalContext context) {
        if (!(context.getBase() instanceof Mapper)) {
            return false;
        }
        var section = context.resolutionContext();
        return section != null
                && section.getData() == context.getBase()
                && context.getParams().isEmpty();
    }

    @Override
    public CompletionStage<Object> resolve(EvalContext context) {
        var name = context.getName();
        for (var section = context.resolutionContext();
                section != null && section.getData() instanceof Mapper names;
                section = section.getParent()) {
            if (names.appliesTo(name)) {
                var value = names.getAsync(name);
                if (!(value instanceof CompletedStage<Object> known)) {
                    return value;
                }
                if (!known.isFailure() && !Results.isNotFound(known.get())) {
                    return value;
                }
            }
        }
        return Results.notFound(context);
    }
}
