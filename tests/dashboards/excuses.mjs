// Entries of may_be_empty.json: which queries need not have data, and what is wrong with the entries.
export class Excuses {
  constructor(entries, questions) {
    this.entries = entries;
    this.wrong = [];
    for (const entry of entries) {
      if (!questions.some((question) => this.covers(entry, question))) {
        this.wrong.push(`may_be_empty.json names '${entry.dashboard} / ${entry.panel}': no such panel`);
      }
      if (!entry.reason) {
        this.wrong.push(`may_be_empty.json gives no reason for '${entry.dashboard} / ${entry.panel}'`);
      }
    }
  }
  covers(entry, question) {
    return entry.dashboard === question.name && entry.panel === question.place &&
        (entry.query === undefined || entry.query === question.refId);
  }
  excused(question) {
    return this.entries.some((entry) => this.covers(entry, question));
  }
  // Those that are not needed, by what had data.
  needless(questions, withData) {
    return this.entries
      .filter((entry) => {
        const its = questions.filter((question) => this.covers(entry, question));
        return its.length && its.every((question) => withData.has(question));
      })
      .map((entry) => `may_be_empty.json names '${entry.dashboard} / ${entry.panel}', which has data`);
  }
}
