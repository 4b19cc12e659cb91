-- Parts of the traffic that are judged by themselves too, say a country or a kind of customer; all that
-- names none is of ''.
create table monitoring_segment (
    model   text not null,
    version int not null,
    name    text not null,
    primary key (model, version, name),
    foreign key (model, version) references model_version (model, number)
        on update cascade on delete cascade
);

alter table monitoring_window add column segment text not null default '';
alter table monitoring_window drop constraint monitoring_window_pkey;
alter table monitoring_window add primary key (model, version, start, site, segment, reference);

alter table monitoring_prediction add column segment text not null default '';

-- What turns the model's scores into probabilities, of a reference whose rows say what the truth was; see
-- dev.atelier.monitoring.Calibration.
alter table monitoring_reference add column label text;
alter table monitoring_reference add column calibration jsonb;
