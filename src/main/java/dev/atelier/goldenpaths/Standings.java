package dev.atelier.goldenpaths;

import dev.atelier.githosts.Proposal;
import dev.atelier.identity.Caller;
import dev.atelier.identity.Permission;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** What repositories that golden paths made are at, as far as the caller is shown them. */
@ApplicationScoped
class Standings {

    private final MadeThings things;
    private final Requests requests;
    private final Caller caller;

    Standings(MadeThings things, Requests requests, Caller caller) {
        this.things = things;
        this.requests = requests;
        this.caller = caller;
    }

    /**
     * What a repository is at.
     *
     * @param address its page; empty where there is none any more
     * @param mayWrite whether the caller may have it brought up to date
     * @param waiting page of the newest update, while that is not merged
     */
    record Standing(Made at, String address, boolean mayWrite, @Nullable String waiting) {}

    /**
     * @param silent why hosts did not say whether updates were merged
     */
    record Found(Map<String, Standing> standings, Set<String> silent) {}

    /** Of one repository, by all that was done to it. */
    Optional<Standing> of(List<Made> history) {
        return history.isEmpty()
                ? Optional.empty()
                : of(List.of(history)).standings().values().stream().findFirst();
    }

    /**
     * @param histories of repositories, the newest first in each
     * @return by reference; those that the caller is not shown are left out
     */
    Found of(Collection<List<Made>> histories) {
        var standings = new LinkedHashMap<String, Standing>();
        var elsewhere = new ArrayList<List<Made>>();
        for (var history : histories) {
            if (history.getFirst().isRepository()) {
                here(history).ifPresent(one -> standings.put(one.at().ref(), one));
            } else if (history.getFirst().isElsewhere()) {
                elsewhere.add(history);
            }
        }
        var silent = new LinkedHashSet<String>();
        elsewhere(elsewhere, standings, silent);
        return new Found(standings, silent);
    }

    private Optional<Standing> here(List<Made> history) {
        var newest = history.getFirst();
        return things.repository(newest.ref())
                .filter(one -> caller.may(Permission.REPOSITORY_READ, one.ref()))
                .flatMap(one -> things.standing(one, history))
                .map(
                        at ->
                                new Standing(
                                        at,
                                        at.address(),
                                        caller.may(Permission.REPOSITORY_WRITE, at.ref()),
                                        newest.id() == at.id() ? null : "/tasks/" + newest.task()));
    }

    private void elsewhere(
            List<List<Made>> histories, Map<String, Standing> standings, Set<String> silent) {
        if (histories.isEmpty()) {
            return;
        }
        var seen = seen(histories);
        var shown = histories.stream().filter(one -> seen.contains(one.getFirst().ref())).toList();
        var answers =
                requests.ask(
                        shown.stream().flatMap(List::stream).filter(Standings::isOpen).toList());
        answers.values().stream()
                .map(Requests.Answer::silent)
                .filter(why -> !why.isEmpty())
                .forEach(silent::add);
        for (var history : shown) {
            Made at = null;
            String waiting = null;
            for (var one : history) {
                var request = one.request();
                var state = request == null ? Proposal.State.MERGED : request.state();
                if (answers.containsKey(one.id())) {
                    state = Objects.requireNonNull(answers.get(one.id())).state();
                }
                if (state == Proposal.State.MERGED) {
                    at = one;
                    break;
                }
                if (one == history.getFirst() && state == Proposal.State.OPEN && request != null) {
                    waiting = request.page();
                }
            }
            if (at != null) {
                var place = requests.place(at);
                standings.put(
                        at.ref(),
                        new Standing(
                                at, place == null ? "" : place.page(), place != null, waiting));
            }
        }
    }

    private static boolean isOpen(Made made) {
        return made.request() != null && made.request().state() == Proposal.State.OPEN;
    }

    /**
     * Who sees a repository on a host is the host's to say, and the portal does not know who its
     * people are there: see {@link MadeThings#seen}.
     */
    private Set<String> seen(List<List<Made>> histories) {
        var refs = histories.stream().map(one -> one.getFirst().ref()).toList();
        return caller.may(Permission.ACCESS_MANAGE)
                ? Set.copyOf(refs)
                : things.seen(refs, caller.signedIn().holders());
    }
}
