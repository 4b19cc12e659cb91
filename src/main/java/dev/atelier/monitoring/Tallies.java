package dev.atelier.monitoring;

import dev.atelier.monitoring.statistics.Profile;
import dev.atelier.monitoring.statistics.Tally;
import dev.atelier.monitoring.statistics.Window;
import java.util.List;
import java.util.Map;

/** Counts rows of one window by a profile. */
final class Tallies {

    private final Profile profile;
    private final List<Tally> tallies;
    private long rows;

    Tallies(Profile profile) {
        this.profile = profile;
        tallies = profile.columns().stream().map(one -> new Tally(one.binning())).toList();
    }

    /**
     * @param cells by column; what the profile does not know is not counted
     */
    void add(Map<String, Cell> cells) {
        rows++;
        for (int i = 0; i < tallies.size(); i++) {
            var tally = tallies.get(i);
            switch (cells.getOrDefault(profile.columns().get(i).name(), Cell.MISSING)) {
                case Cell.Missing _ -> tally.addMissing();
                case Cell.Odd _ -> tally.addWrongType();
                case Cell.Number(var value) -> tally.add(value);
                case Cell.Text(var value) -> tally.add(value);
            }
        }
    }

    Window window() {
        return new Window(profile.hash(), rows, tallies.stream().map(Tally::counts).toList());
    }
}
