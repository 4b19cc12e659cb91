package dev.atelier.models;

import jakarta.enterprise.context.ApplicationScoped;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** How versions stand before aliases: their gates looked at, without changing anything. */
@ApplicationScoped
class Standings {

    private final Versions versions;
    private final Cards cards;
    private final Measures measures;
    private final GateSets sets;
    private final PromotionRequests requests;

    Standings(
            Versions versions,
            Cards cards,
            Measures measures,
            GateSets sets,
            PromotionRequests requests) {
        this.versions = versions;
        this.cards = cards;
        this.measures = measures;
        this.sets = sets;
        this.requests = requests;
    }

    Standing of(Model model, ModelVersion version, String alias) {
        var set = sets.of(model.name());
        var holder = model.aliases().get(alias);
        var request = requests.open(version, alias).orElse(null);
        return new Standing(
                version,
                alias,
                holder,
                set,
                gates(model, version, holder, set, alias, request),
                request);
    }

    private List<Gate> gates(
            Model model,
            ModelVersion version,
            @Nullable Integer holder,
            GateSets.GateSet set,
            String alias,
            @Nullable PromotionRequest request) {
        var gates = new ArrayList<Gate>();
        gates.add(
                version.ready()
                        ? Gate.passed(
                                "ready",
                                "Ready",
                                "The scan is over and found nothing that refuses it.")
                        : Gate.failed(
                                "ready",
                                "Ready",
                                version.reason() == null
                                        ? "It is still being scanned."
                                        : version.reason(),
                                version.reason() == null
                                        ? "Wait for the scan."
                                        : "Mend the files and register a new version."));
        if (!set.guards(alias)) {
            return gates;
        }
        var rival =
                holder == null || holder == version.number()
                        ? null
                        : candidate(model, versions.find(model, holder.toString()));
        gates.addAll(Gate.of(set.rules(), candidate(model, version), rival));
        if (set.rules().approval()) {
            gates.add(approval(request));
        }
        return gates;
    }

    private static Gate approval(@Nullable PromotionRequest request) {
        return new Gate(
                "approval",
                "Approved by another person",
                Gate.State.WAITING,
                request == null
                        ? "Nobody was asked yet."
                        : "Waits for somebody who may move aliases of this model.",
                "It cannot be whoever asks, whoever registered the version, or a program.");
    }

    private Gate.Candidate candidate(Model model, ModelVersion version) {
        var card = cards.of(version).map(Cards.Rendered::card).orElse(null);
        var license =
                version.license() != null
                        ? version.license()
                        : card != null && card.license() != null ? card.license() : model.license();
        return new Gate.Candidate(version, card, license, measures.of(version).figures());
    }
}
