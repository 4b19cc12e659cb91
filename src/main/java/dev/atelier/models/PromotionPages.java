package dev.atelier.models;

import dev.atelier.catalog.Entities;
import dev.atelier.catalog.EntityRef;
import dev.atelier.catalog.EntityShell;
import dev.atelier.catalog.EntityShells;
import dev.atelier.identity.Caller;
import dev.atelier.identity.Needs;
import dev.atelier.identity.Permission;
import dev.atelier.identity.Resource;
import io.quarkus.qute.CheckedTemplate;
import io.quarkus.qute.TemplateInstance;
import io.smallrye.common.annotation.RunOnVirtualThread;
import jakarta.ws.rs.Consumes;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import java.net.URI;
import java.util.List;
import org.jboss.resteasy.reactive.RestForm;
import org.jboss.resteasy.reactive.RestQuery;
import org.jspecify.annotations.Nullable;

/** The gates before an alias, and the button behind them. */
@Path("/models/{model}/versions/{version}/promotion")
@Produces(MediaType.TEXT_HTML)
@RunOnVirtualThread
public class PromotionPages {

    @CheckedTemplate(basePath = "models")
    static class Templates {
        static native TemplateInstance promotion(EntityShell shell, Page page);
    }

    /**
     * Everything on the page.
     *
     * @param may whether the caller may move aliases of the model
     * @param overrides whether the caller may go past the gates
     * @param asked whether the request that waits is the caller's
     * @param whyNot why the caller may not decide it; null when they may
     * @param refused whether the caller has just tried in vain
     */
    public record Page(
            Standing at,
            List<String> guarded,
            boolean may,
            boolean overrides,
            boolean asked,
            @Nullable String whyNot,
            List<PromotionRequest> requests,
            boolean refused) {

        public String model() {
            return at.version().model();
        }

        public int number() {
            return at.version().number();
        }

        public String address() {
            return "/models/%s/versions/%d".formatted(model(), number());
        }

        /** What the alias names now, as a form tells it back. */
        public int expected() {
            var holder = at.holder();
            return holder == null ? 0 : holder;
        }

        /** The news. */
        public String heading() {
            var who = "v%d".formatted(number());
            if (at.holds()) {
                return "%s is %s".formatted(who, at.alias());
            }
            if (at.failed()) {
                return "%s passed %d of %d gates to %s"
                        .formatted(who, at.passed(), at.gates().size(), at.alias());
            }
            if (at.waits()) {
                return at.request() == null
                        ? "%s needs an approval to be %s".formatted(who, at.alias())
                        : "%s waits for an approval to be %s".formatted(who, at.alias());
            }
            return "%s can be %s".formatted(who, at.alias());
        }
    }

    private final Promotions promotions;
    private final PromotionRequests requests;
    private final Entities entities;
    private final EntityShells shells;
    private final Caller caller;

    PromotionPages(
            Promotions promotions,
            PromotionRequests requests,
            Entities entities,
            EntityShells shells,
            Caller caller) {
        this.promotions = promotions;
        this.requests = requests;
        this.entities = entities;
        this.shells = shells;
        this.caller = caller;
    }

    @Needs(value = Permission.MODEL_READ, model = "model")
    @GET
    public TemplateInstance look(
            @PathParam("model") String model,
            @PathParam("version") String version,
            @RestQuery @Nullable String alias) {
        return page(promotions.look(model, version, orChampion(alias)), false);
    }

    private static String orChampion(@Nullable String alias) {
        return alias == null || alias.isBlank() ? Aliases.CHAMPION : alias;
    }

    private TemplateInstance page(Standing at, boolean refused) {
        var model = at.version().model();
        var ref = EntityRef.of("model", model);
        var entity = entities.find(ref).orElseThrow(() -> Resource.unknown(Resource.model(model)));
        var request = at.request();
        return Templates.promotion(
                shells.shell(entity, ModelTabs.address(entity) + "/versions"),
                new Page(
                        at,
                        at.set().aliases().stream().filter(a -> !a.equals(at.alias())).toList(),
                        caller.may(Permission.MODEL_ALIAS, ref.toString()),
                        caller.may(Permission.ACCESS_MANAGE),
                        request != null && request.asker().equals(caller.entityRef()),
                        request == null ? null : requests.whyNotDecide(request),
                        requests.of(at.version()).stream()
                                .filter(one -> one.alias().equals(at.alias()) && !one.open())
                                .toList(),
                        refused));
    }

    @Needs(value = Permission.MODEL_ALIAS, model = "model")
    @POST
    @Consumes(MediaType.APPLICATION_FORM_URLENCODED)
    public Response promote(
            @PathParam("model") String model,
            @PathParam("version") String version,
            @RestForm @Nullable String alias,
            @RestForm @Nullable Integer expected,
            @RestForm @Nullable String note,
            @RestForm @Nullable String override) {
        var outcome =
                promotions.promote(model, version, orChampion(alias), expected, note, override);
        var at = outcome.standing();
        return switch (outcome.result()) {
            case PROMOTED, UNCHANGED ->
                    Response.seeOther(
                                    URI.create(
                                            "/models/%s/versions/%d"
                                                    .formatted(
                                                            at.version().model(),
                                                            at.version().number())))
                            .build();
            case WAITING ->
                    Response.seeOther(
                                    URI.create(
                                            Promotions.address(
                                                    at.version().model(),
                                                    at.version().number(),
                                                    at.alias())))
                            .build();
            case REFUSED -> Response.status(409).entity(page(at, true)).build();
        };
    }
}
