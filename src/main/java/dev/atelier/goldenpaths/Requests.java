package dev.atelier.goldenpaths;

import com.github.benmanes.caffeine.cache.AsyncCache;
import com.github.benmanes.caffeine.cache.Caffeine;
import dev.atelier.githosts.GitHosts;
import dev.atelier.githosts.HostFailed;
import dev.atelier.githosts.Proposal;
import dev.atelier.githosts.Site;
import io.quarkus.narayana.jta.QuarkusTransaction;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.Duration;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/**
 * What became of the pull and merge requests that updates are. Their hosts are asked while somebody
 * looks; one that was merged or closed is not asked for again.
 */
@ApplicationScoped
class Requests {

    /** A page does not wait for longer; what a host says later is there the next time. */
    private static final Duration PATIENCE = Duration.ofSeconds(2);

    /** The portal asks hosts for so many at once. */
    private final Semaphore turns = new Semaphore(8);

    private final AsyncCache<Long, Answer> asked =
            Caffeine.newBuilder()
                    .maximumSize(2000)
                    .expireAfterWrite(Duration.ofSeconds(30))
                    .executor(Thread::startVirtualThread)
                    .buildAsync();

    private final GitHosts hosts;
    private final MadeThings things;

    Requests(GitHosts hosts, MadeThings things) {
        this.hosts = hosts;
        this.things = things;
    }

    /**
     * What a host said.
     *
     * @param silent why it did not; empty when it did
     */
    record Answer(Proposal.State state, String silent) {}

    /**
     * @param made those whose requests were open when they were last asked for
     * @return by the identifier of what was made
     */
    Map<Long, Answer> ask(Collection<Made> made) {
        // All are asked before the first is waited for.
        var answers = new LinkedHashMap<Made, CompletableFuture<Answer>>();
        for (var one : made) {
            answers.put(one, asked.get(one.id(), _ -> answer(one)));
        }
        var until = System.nanoTime() + PATIENCE.toNanos();
        var all = new HashMap<Long, Answer>();
        answers.forEach((one, answer) -> all.put(one.id(), within(answer, one, until)));
        return all;
    }

    private Answer answer(Made made) {
        var place = place(made);
        var request = made.request();
        if (place == null || request == null) {
            return silent("%s is not set up here any more.".formatted(host(made)));
        }
        try {
            turns.acquire();
            try {
                var state =
                        hosts.open(place.site(), null, null)
                                .proposal(place.owner(), place.repo(), request.number());
                if (state.isEmpty()) {
                    return silent(
                            "There is no %s any more, or the portal's token does not see it."
                                    .formatted(request.page()));
                }
                if (state.get() != Proposal.State.OPEN) {
                    QuarkusTransaction.requiringNew().run(() -> things.became(made, state.get()));
                }
                return new Answer(state.get(), "");
            } finally {
                turns.release();
            }
        } catch (HostFailed e) {
            return silent(e.reason());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return silent("%s was not asked.".formatted(host(made)));
        }
    }

    private static Answer silent(String why) {
        return new Answer(Proposal.State.OPEN, why);
    }

    private static Answer within(CompletableFuture<Answer> answer, Made made, long until) {
        try {
            return answer.get(Math.max(0, until - System.nanoTime()), TimeUnit.NANOSECONDS);
        } catch (TimeoutException e) {
            return silent("%s has not answered yet.".formatted(host(made)));
        } catch (ExecutionException e) {
            throw new IllegalStateException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return silent("%s was not asked.".formatted(host(made)));
        }
    }

    private static String host(Made made) {
        return made.name().substring(0, made.name().indexOf('/'));
    }

    /** Where a thing on a Git host is; null when the host is not offered any more. */
    Remotes.@Nullable Place place(Made made) {
        var name = made.name();
        int owner = name.indexOf('/') + 1;
        int repo = name.lastIndexOf('/') + 1;
        return hosts.find(host(made))
                .map(
                        (Site site) ->
                                new Remotes.Place(
                                        site,
                                        name.substring(owner, repo - 1),
                                        name.substring(repo)))
                .orElse(null);
    }
}
