(find, input) => {
  const answer = find('answerUplink');
  return answer && { __proto__: null, by: 'answerUplink', output: answer(input) };
}
