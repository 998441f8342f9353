/** What is seen before there is anything to see; the same as in index.html. */
export function Boot() {
  return <div className="boot" aria-busy="true"><p className="boot-name">Molam</p></div>;
}
