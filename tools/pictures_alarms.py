"""Works out the states that the alarms of template.yaml have after a run.

They are those of CloudWatch's page on evaluating alarms, for the metrics that the run has:
https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/AlarmThatSendsEmail.html
"""

import operator
import re

OK, IN_ALARM, UNKNOWN = "OK", "In alarm", "only AWS knows"
STATISTICS = {"Maximum": max, "Minimum": min, "Sum": sum, "SampleCount": len}
COMPARISONS = {
    "LessThanThreshold": operator.lt,
    "LessThanOrEqualToThreshold": operator.le,
    "GreaterThanThreshold": operator.gt,
    "GreaterThanOrEqualToThreshold": operator.ge,
}


def properties_of(template, name):
    """The properties of a resource that stand on one line each."""
    block = re.search(rf"^  {name}:\n(.*?)(?=^  \w)", template, re.S | re.M)[1]
    return dict(re.findall(r"^      (\w+): ([^#\n]*[^#\s])", block, re.M))


def values_of(metric, template, probe):
    """What one probe adds to a metric: its metric line's value, or 1 for a filter of its code."""
    filters = re.findall(r'DiagnosisCode = "(\w+)".*?MetricName: (\w+)', template, re.S)
    if code := {name: code for code, name in filters}.get(metric):
        return [1] if probe["code"] == code else []
    return [probe["metrics"][metric]] if metric in probe["metrics"] else []


def state(template, name, probes):
    """The state of one alarm after the last probe."""
    alarm = properties_of(template, name)
    if alarm.get("Namespace") != "RdsProxyProbe" or "Statistic" not in alarm:
        return UNKNOWN
    default = re.search(r"^  AlarmPeriodS:\n.*?Default: (\d+)", template, re.S | re.M)[1]
    together = int(default) // 60  # A probe stands for a minute.
    breaching = []
    for end in range(len(probes), 0, -together)[:int(alarm["EvaluationPeriods"])]:
        values = [value for probe in probes[end - together:end]
                  for value in values_of(alarm["MetricName"], template, probe)]
        if values:
            value = STATISTICS[alarm["Statistic"]](values)
            compare = COMPARISONS[alarm["ComparisonOperator"]]
            breaching.append(compare(value, float(alarm["Threshold"])))
        else:
            breaching.append(alarm["TreatMissingData"] == "breaching")
    return IN_ALARM if all(breaching) else OK


def states(template, names, probes):
    """The alarms by name, each with its state."""
    return [(name, state(template, name, probes)) for name in names]
