package dev.atelier.goldenpaths;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.ArrayList;
import java.util.List;

/** What forms ask about repositories: RepoUrlPicker in its parts, owners and branches. */
@ApplicationScoped
class RepositoryQuestions {

    private final RepositoryHosts hosts;
    private final Choices choices;

    RepositoryQuestions(RepositoryHosts hosts, Choices choices) {
        this.hosts = hosts;
        this.choices = choices;
    }

    /**
     * The questions for the parts of a repository's address.
     *
     * @param value the address that was answered; empty for none
     * @param at pointer of the whole
     */
    List<Question> parts(JsonNode schema, String value, String at) {
        var address = RepositoryAddress.parse(value);
        var options = schema.path("ui:options");
        var allowed = BuiltIn.texts(options.path("allowedHosts"));
        var offered = allowed.isEmpty() ? hosts.all() : allowed;
        var chosen =
                address.host().isEmpty() && offered.size() == 1
                        ? offered.getFirst()
                        : address.host();
        var owners = BuiltIn.texts(options.path("allowedOwners"));
        return List.of(
                part(
                        at + "#host",
                        Question.Kind.SELECT,
                        "Host",
                        offered.stream()
                                .map(
                                        host ->
                                                new Question.Choice(
                                                        host,
                                                        hosts.label(host),
                                                        "",
                                                        host.equals(chosen)))
                                .toList(),
                        chosen),
                owners.isEmpty()
                        ? part(
                                at + "#owner",
                                Question.Kind.SUGGEST,
                                "Owner",
                                owners(options, offered),
                                address.owner())
                        : part(
                                at + "#owner",
                                Question.Kind.SELECT,
                                "Owner",
                                owners.stream()
                                        .map(
                                                owner ->
                                                        new Question.Choice(
                                                                owner,
                                                                owner,
                                                                "",
                                                                owner.equals(address.owner())))
                                        .toList(),
                                address.owner()),
                part(at + "#repo", Question.Kind.TEXT, "Repository", List.of(), address.repo()));
    }

    /**
     * Owners of repositories on those hosts: one's teams on this portal, what others say of theirs.
     */
    List<Question.Choice> owners(JsonNode options, List<String> among) {
        var allowed = BuiltIn.texts(options.path("allowedOwners"));
        if (!allowed.isEmpty()) {
            return plain(allowed, "");
        }
        var all = new ArrayList<Question.Choice>();
        if (among.contains(RepositoryHosts.OWN)) {
            for (var offer : choices.offers("MyGroupsPicker", MissingNode.getInstance())) {
                all.add(
                        new Question.Choice(
                                offer.ref().substring(offer.ref().indexOf('/') + 1),
                                offer.title(),
                                "",
                                false));
            }
        }
        hosts.owners(among).forEach((host, owners) -> all.addAll(plain(owners, host)));
        return all;
    }

    /** Branches of the repository that another answer names. */
    List<Question.Choice> branches(String repository) {
        return plain(hosts.branches(repository), "");
    }

    private static List<Question.Choice> plain(List<String> values, String label) {
        return values.stream()
                .map(
                        value ->
                                new Question.Choice(
                                        value, label.isEmpty() ? value : label, "", false))
                .toList();
    }

    private static Question part(
            String at,
            Question.Kind kind,
            String label,
            List<Question.Choice> choices,
            String value) {
        return new Question(
                at,
                "f" + at.replaceAll("[^A-Za-z0-9]", "-"),
                kind,
                label,
                "",
                true,
                value,
                choices,
                List.of(),
                "",
                false,
                false,
                false,
                null);
    }
}
