package dev.atelier.models;

import dev.atelier.identity.Open;
import io.quarkus.qute.CheckedTemplate;
import io.quarkus.qute.TemplateInstance;
import io.smallrye.common.annotation.RunOnVirtualThread;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.MediaType;
import java.util.List;

/** The promotions that wait for whoever looks, and their own. */
@Path("/promotions")
@Produces(MediaType.TEXT_HTML)
@RunOnVirtualThread
@Open(
        value = Open.To.SIGNED_IN,
        because = "one's own requests; who may decide is asked for each of the others")
public class PromotionListPages {

    @CheckedTemplate(basePath = "models")
    static class Templates {
        static native TemplateInstance promotions(
                String title, List<PromotionRequest> waiting, List<PromotionRequest> mine);
    }

    private final PromotionRequests requests;

    PromotionListPages(PromotionRequests requests) {
        this.requests = requests;
    }

    @GET
    public TemplateInstance list() {
        var waiting = requests.waiting();
        return Templates.promotions(
                switch (waiting.size()) {
                    case 0 -> "No promotion waits for you";
                    case 1 -> "One promotion waits for you";
                    default -> waiting.size() + " promotions wait for you";
                },
                waiting,
                requests.mine());
    }
}
